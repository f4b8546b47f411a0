// SPDX-License-Identifier: Apache-2.0
package org.tidemark.watch.check;

import java.util.ArrayList;
import java.util.List;
import org.tidemark.catalog.backup.Mark;
import org.tidemark.core.Amounts;
import org.tidemark.core.Finding;
import org.tidemark.core.Measure;
import org.tidemark.session.reading.IncarnationReading;
import org.tidemark.store.ObjectKey;

/** The damage that verify found and has not since found repaired. */
final class DamageCheck implements Check<CheckedRepository> {
    @Override
    public Subject subject() {
        return Subject.DAMAGE;
    }

    @Override
    public List<Finding> look(CheckedRepository at) {
        List<Finding> findings = new ArrayList<>();
        at.held().ifPresent(held -> look(at, held, findings));
        return at.findings(findings.toArray(Finding[]::new));
    }

    private void look(CheckedRepository at, IncarnationReading held, List<Finding> findings) {
        held.unreadMarks()
                .ifPresent(why -> findings.add(subject()
                        .warning(
                                "the results of verify in '" + at.name() + "' cannot be read: " + why.getMessage(),
                                why.hint())));
        held.marks()
                .damaged()
                .forEach(problem -> findings.add(subject()
                        .warning(problem + " in '" + at.name() + "'", "Look for more with: tidemark verify --all")));
        List<ObjectKey> foreign = held.marks().foreign();
        if (!foreign.isEmpty()) {
            findings.add(
                    subject()
                            .warning(
                                    "'" + at.name() + "' has " + Amounts.count(foreign.size(), "file", "files")
                                            + " among the marks that Tidemark did not store, and ignores: '"
                                            + foreign.getFirst() + "'" + (foreign.size() > 1 ? ", ..." : ""),
                                    "Find out what puts files into the repository, and stop it: nothing else should be able to"
                                            + " write there. Then remove them. List all such files with: tidemark verify --all"));
        }
        held.backups()
                .forEach(backup -> held.marks()
                        .damage(backup.id())
                        .ifPresent(found -> findings.add(
                                finding(at, "backup " + backup.id(), found, "tidemark verify " + backup.id()))));
        held.marks()
                .walDamage()
                .ifPresent(
                        found -> findings.add(finding(at, "WAL outside the backups", found, "tidemark verify --all")));
    }

    private Finding finding(CheckedRepository at, String what, Mark.Verified found, String command) {
        return subject()
                .critical(
                        "verify found " + Amounts.count(found.problems(), "problem", "problems") + " in " + what
                                + " of '" + at.name() + "' at " + Amounts.second(found.at()),
                        "See what is damaged with: " + command
                                + " --repository " + at.name() + ". Repair it from another repository with:"
                                + " tidemark sync"
                                + (found.problems() > found.damaged().size() ? "" : " --quick")
                                + ". Without one, take a new backup with: tidemark backup. Once the damage is"
                                + " repaired, verify clears this finding.")
                .with(Measure.PROBLEMS, found.problems());
    }
}
