// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command.backups;

import org.tidemark.catalog.backup.Mark.BackupMarks;
import org.tidemark.cli.output.Output;
import org.tidemark.core.Amounts;
import org.tidemark.core.Finding;
import org.tidemark.session.reading.ClusterReading;
import org.tidemark.session.reading.IncarnationReading;

/** Warns of marks that cannot be read, and of damage that belongs to no backup. */
public final class MarksWarnings {
    private MarksWarnings() {}

    /** Prints the warnings. */
    public static void tell(Output output, ClusterReading reading) {
        reading.all().forEach(each -> tell(output, each));
    }

    private static void tell(Output output, IncarnationReading reading) {
        String look = "Look for more with: tidemark verify --all";
        BackupMarks marks = reading.marks();
        reading.unreadMarks()
                .ifPresent(why -> tell(
                        output,
                        reading,
                        "its marks (results of verify, keeps, annotations) cannot be read: " + why.getMessage(),
                        why.hint()));
        marks.damaged().forEach(problem -> tell(output, reading, problem, look));
        marks.walDamage()
                .ifPresent(damage -> tell(
                        output,
                        reading,
                        "verify found " + Amounts.count(damage.problems(), "problem", "problems")
                                + " in WAL outside the backups, at " + Amounts.second(damage.at()),
                        "See what is damaged with: tidemark wal-verify"));
    }

    private static void tell(Output output, IncarnationReading reading, String message, String hint) {
        output.tell(Finding.warning("marks", "'" + reading.repository() + "': " + message, hint)
                .of(reading.repository()));
    }
}
