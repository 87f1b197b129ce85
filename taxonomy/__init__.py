"""What can be asked: one YAML a skill, and the policy that says how often and how hard."""
