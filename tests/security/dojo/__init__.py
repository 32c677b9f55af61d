"""AgentDojo's tasks and attacks, carried out by an agent whose model obeys whatever it reads.

effects   what each of AgentDojo's tools does to the world, as its user would declare it
suite     its suites: tasks, attacks, and a world per run that notes every call that really ran
by_hand   how to obey the attacks for which AgentDojo gives no calls
obeying   the model: does the task by AgentDojo's ground truth, and every injected instruction it gets to see
agents    surefoot in several settings, and LangChain's agent beside it
attempt   one run: the world, the model, the agent, the person who answers, and what came of it
rounds    many runs, in processes side by side: starts them; `__main__` is what runs there
"""
