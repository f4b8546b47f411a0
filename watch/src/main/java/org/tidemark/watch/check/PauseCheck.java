// SPDX-License-Identifier: Apache-2.0
package org.tidemark.watch.check;

import java.util.ArrayList;
import java.util.List;
import org.tidemark.core.Amounts;
import org.tidemark.core.Finding;
import org.tidemark.session.TaskPauses;

/** Which scheduled tasks an operator has paused on this host. */
final class PauseCheck implements Check<CheckedHost> {
    @Override
    public Subject subject() {
        return Subject.SCHEDULE;
    }

    @Override
    public List<Finding> look(CheckedHost host) {
        List<Finding> findings = new ArrayList<>();
        TaskPauses.of(host.session())
                .paused(host.clock().instant())
                .forEach((task, until) -> findings.add(subject()
                        .warning(
                                "the scheduled " + task + " is paused on this host until " + Amounts.minute(until)
                                        + " UTC",
                                "To end the pause: tidemark resume " + task)));
        return findings;
    }
}
