"""AgentDojo's tasks and attacks, carried out by an agent whose model obeys whatever it reads.

effects   what each of AgentDojo's tools does to the world, as its user would declare it
suite     its suites: tasks, attacks, and a world per run that notes every call that really ran
by_hand   how to obey the attacks for which AgentDojo gives no calls
obeying   the model: does the task by AgentDojo's ground truth, and every injected instruction it gets to see
agents    surefoot in several settings, and LangChain's agent beside it
attempt   one run: the world, the model, the agent, the person who answers, and what came of it
rounds    many runs, in processes side by side: starts them; `__main__` is what runs there
"""

import sys
from pathlib import Path
from types import ModuleType

import agentdojo

# By themselves these load the clients of every vendor of models: most of the time until the first run, for nothing.
_package = ModuleType("agentdojo.agent_pipeline")
_package.__path__ = [str(Path(agentdojo.__file__).with_name("agent_pipeline"))]
_google = ModuleType("agentdojo.agent_pipeline.llms.google_llm")
_google.EMPTY_FUNCTION_NAME = "<empty-function-name>"  # type: ignore[attr-defined]
sys.modules |= {module.__name__: module for module in (_package, _google)}
