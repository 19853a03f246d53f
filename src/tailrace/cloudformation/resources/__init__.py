"""A handler for each resource type: how it is created, updated, deleted, what Ref and Fn::GetAtt of it give."""
