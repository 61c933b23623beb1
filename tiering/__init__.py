"""What to do with each account: tier, signals, play and the price of a seat."""
