# A report for each thing that can be asked for: `snakemake ucsd-facades` makes reports/<scale>/ucsd-facades/report.html.
# Its folder says by name what it was made from (made-from/<fingerprint>.json), so it is remade exactly when that changes.
# It takes a minute, and no GPU: on a cluster it is not worth a place in the queue.
# What a selection needs is listed when it is asked for: written into all these rules, it made half of the parsing.
# For each rule Snakemake defines a name, and for each job it copies all names: with 2000 experiments, half of its time.
for selection, made_from in REPORTS.items():

    rule:
        name:
            f"report-{selection}"
        input:
            ancient(partial(report_inputs, selection)),
        output:
            html=f"{report_folder(selection)}/report.html",
            pdf=f"{report_folder(selection)}/report.pdf",
            values=f"{report_folder(selection)}/values.json",
            compared=[directory(path) for path in compared_of(selection)],
            made_from=f"{report_folder(selection)}/made-from/{made_from}.json",
        log:
            f"logs/{SCALE}/report-{selection}.log",
        localrule: True
        conda:
            "../envs/pixcycle.yaml"
        params:
            plan=PLAN_FILE,
            selection=selection,
            fingerprint=made_from,
        shell:
            "pixcycle job report {params.selection:q} --plan {params.plan:q} --fingerprint {params.fingerprint:q}"
            ' --out "$(dirname {output.html:q})" 2>&1 | tee {log:q}'

    del globals()[f"__report-{selection}"]


# A target lists every output, not its report alone: a node that was lost is made again. A chapter without experiments
# at this scale has none.
for selection in list(PLAN.selections)[1:]:

    rule:
        name:
            selection
        input:
            partial(everything_of, selection) if selection in REPORTS else [],

    del globals()[f"__{selection}"]
