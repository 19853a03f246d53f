"""What every service is made of: the call, the principal, the registry of operations and the door's interface."""
