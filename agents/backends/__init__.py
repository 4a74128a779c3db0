"""One file per kind of backend; the contract is in base.py."""
