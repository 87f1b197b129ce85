"""Generation: how a seed becomes instructions, flow by flow, and the gate behind it."""
