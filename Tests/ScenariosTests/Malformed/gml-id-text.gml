graph [
  node [ id zero ]
]
