"""ArenaInstruct: raw documents into the instruction data that a target model still lacks."""
