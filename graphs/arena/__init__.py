"""The arena: contenders answer, a jury judges both orders, checkers overrule."""
