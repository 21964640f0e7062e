"""What people work with in a notebook: explorers and lessons.

Nothing is decided or computed here: rules, economics, assessment and reporting are asked, and
their answers shown. Explorers (探索笔记本) are pages on which an analyst moves a slider and sees
at once what follows: `widgets` are the parts that live in the browser, `live_charts` describes
charts for them, and each explorer is a module of its own: `build_or_buy`, `adjustment`,
`approval`, `matrix`. Lessons (课程): `training` is the course, `quiz` asks and marks.
"""
