"""The door to models: ledger, dedup, budget, limits, and the providers behind them."""
