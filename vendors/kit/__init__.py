"""What every vendor needs and none owns: HTTP with faults, quota tickets, sign-in, paging, wire types, simulators."""
