"""Scenarios with every kind of step, of delay and of answer, without AWS's limits and under them."""

from support.play_scenario import population, step, uniform

LOGNORMAL = {"distribution": "lognormal", "median_days": 4, "sigma": 0.8, "at_most_days": 20}
OFFICE = {"distribution": "office_hours", "median_hours": 8, "sigma": 1, "at_most_hours": 60}
MOVE = {"AccountId": "{account}", "SourceParentId": "{parent}", "DestinationParentId": "{made}"}

WITHOUT_LIMITS = "\n".join(
    [
        "seed = 3",
        '[organizations.one]\n[organizations.two]\nmanagement_account = "222222222222"',
        population(
            "p",
            "invited",
            60,
            invitation={"accept": 0.9, "after_reminder": 0.1, "delay": uniform(0.1, 9)},
            migration={"accept": 0.6, "decline": 0.1, "leave": 0.05, "after_reminder": 0.25, "delay": LOGNORMAL},
        ),
        population("q", "invited", 20, invitation={"delay": OFFICE}, migration={"delay": OFFICE}),
        population("made", "created", 7),
        step("create_accounts", population="made", organization="one"),
        step("invite", population="p", organization="one", pace={"stages": [{"days": 2, "to_per_day": 40}]}),
        step("invite", population="q", organization="two", retry={"attempts": 4}),
        step("remind", accept=0.3),
        step("wait_for_answers", at_day=18),
        step("enable_all_features", organization="one"),
        step("enable_all_features", organization="two"),
        step("wait", days=14),
        step("remind"),
        step("invite", population="q", organization="one"),
        step("wait_for_answers"),
        step("remove_declined", organization="one"),
        step("finalize", organization="one"),
        step("finalize", organization="two"),
        step(
            "CreateOrganizationalUnit",
            organization="one",
            with_={"ParentId": "{root}", "Name": "made"},
            save={"made": "OrganizationalUnit.Id"},
        ),
        step("MoveAccount", organization="one", for_each="p", with_=MOVE, share=0.5),
        step("ListAccountsForParent", organization="one", with_={"ParentId": "{made}"}),
        step("close_accounts", organization="one", population="made"),
        step("wait", days=100, at_day=100),
    ]
)
"""Every kind of delay, of answer and of step, in two organizations."""

LIMITED = 'throttle = "aws"\nlatency = "realistic"\n' + WITHOUT_LIMITS
