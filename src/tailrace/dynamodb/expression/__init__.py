"""DynamoDB's expression languages: parsed once, bound to names, checked against values, evaluated as closures."""
