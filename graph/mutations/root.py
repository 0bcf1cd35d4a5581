"""The root of acting."""

from graph.mutations.commands import CommandMutations
from graph.mutations.places import PlaceMutations
from graph.mutations.subscriptions import SubscriptionMutations
from graph.types.fields import graph_type


@graph_type()
class Mutation(CommandMutations, PlaceMutations, SubscriptionMutations):
    """Acting on hardware and on what vendors keep, one mutation after the other.

    An order to hardware answers when its vendor did, or after ten seconds, with the command to follow: only CONFIRMED
    means that it happened. What is wrong with an input, and what a vendor refused, stands in userErrors with the field
    and what helps. A repeat with the same idempotencyKey and the same input returns the first command; with another
    input it is a CONFLICT. Without a command nothing was sent, and the key can be used again.
    """
