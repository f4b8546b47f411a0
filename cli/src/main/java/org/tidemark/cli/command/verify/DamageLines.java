// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command.verify;

import org.tidemark.catalog.verify.ObjectFinding;
import org.tidemark.catalog.verify.VerifyReport;
import org.tidemark.cli.output.Output;
import org.tidemark.core.Amounts;
import org.tidemark.view.LossText;

/** What verifications found, printed. */
final class DamageLines {
    private DamageLines() {}

    /** Prints the findings, and what was not compared. */
    static void print(Output output, VerifyReport report) {
        for (ObjectFinding finding : report.findings()) {
            if (finding.severity() == ObjectFinding.Severity.PROBLEM || output.isVerbose()) {
                output.line(finding.severity() + "  " + finding.key() + ": " + finding.text()
                        + LossText.owners(finding.backups()));
            }
        }
        long more = report.problems() + report.notes() - report.findings().size();
        if (more > 0) {
            output.line("and " + more + " more");
        }
        if (report.sealed() > 0) {
            output.line("note     " + Amounts.count(report.sealed(), "object is", "objects are")
                    + " encrypted, and no private key is configured: stored bytes were compared, contents were not");
        }
    }
}
