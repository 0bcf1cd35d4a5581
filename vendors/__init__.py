"""One folder a vendor, and what they share: the contract, the manifest, the registry and the kit."""
