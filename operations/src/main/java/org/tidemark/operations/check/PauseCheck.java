// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.check;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.tidemark.catalog.layout.ScheduledTask;
import org.tidemark.core.Amounts;
import org.tidemark.core.Finding;
import org.tidemark.operations.cron.TaskPauses;

/** Which scheduled tasks an operator has paused on this host. */
final class PauseCheck implements Check<CheckedHost> {
    @Override
    public Subject subject() {
        return Subject.SCHEDULE;
    }

    @Override
    public List<Finding> look(CheckedHost host) {
        TaskPauses pauses = TaskPauses.of(host.session());
        Instant now = host.clock().instant();
        List<Finding> findings = new ArrayList<>();
        for (ScheduledTask task : ScheduledTask.values()) {
            pauses.until(task, now)
                    .map(until -> subject()
                            .warning(
                                    "the scheduled " + task + " is paused on this host until " + Amounts.minute(until)
                                            + " UTC",
                                    "To end the pause: tidemark resume " + task))
                    .ifPresent(findings::add);
        }
        return findings;
    }
}
