"""Public benchmarks that programs score: IFEval and GSM8K. They are measured on, never trained on."""
