"""What an account of this vendor needs in the configuration, beside what every account has."""

from pydantic import Field, SecretStr

from vendors.manifest import AccountSettings


class BlueprintSettings(AccountSettings):
    """One API key. Every key has a description; every secret is a SecretStr; a validator's message says the remedy."""

    api_key: SecretStr = Field(min_length=1, description="The key from the vendor's portal, page API access.")
