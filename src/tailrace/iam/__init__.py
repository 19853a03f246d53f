"""Identity and access management: identities, policies and who may do what."""
