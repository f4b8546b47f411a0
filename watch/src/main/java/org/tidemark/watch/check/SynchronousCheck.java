// SPDX-License-Identifier: Apache-2.0
package org.tidemark.watch.check;

import java.util.List;
import java.util.Optional;
import org.tidemark.core.Amounts;
import org.tidemark.core.Finding;
import org.tidemark.core.Measure;
import org.tidemark.server.SynchronousStandbys;

/** Whether commits wait for synchronous standbys that are not connected. */
final class SynchronousCheck implements Check<AskedServer> {
    @Override
    public Subject subject() {
        return Subject.SYNCHRONOUS;
    }

    @Override
    public List<Finding> look(AskedServer at) {
        return at.settings().inRecovery() ? List.of() : of(SynchronousStandbys.of(at.sql()));
    }

    /** Pure. */
    static List<Finding> of(SynchronousStandbys standbys) {
        Optional<String> lack = standbys.lack();
        if (lack.isEmpty()) {
            return standbys.names().isBlank() || standbys.hidden() > 0
                    ? List.of()
                    : List.of(Subject.SYNCHRONOUS.ok(standbys.inWords() + ", and " + standbys.count() + " connected"));
        }
        if (!standbys.commitsWait()) {
            return List.of(Subject.SYNCHRONOUS.ok(
                    lack.get() + "; commits do not wait, because synchronous_commit is " + standbys.commit()));
        }
        return List.of(Subject.SYNCHRONOUS
                .critical(
                        lack.get() + ": commits wait"
                                + (standbys.waiting() == 0
                                        ? ""
                                        : ", currently in " + Amounts.count(standbys.waiting(), "session", "sessions")),
                        "Start the standby, or the receiver (tidemark wal-receive --synchronous). "
                                + SynchronousStandbys.SWITCH_OFF)
                .with(Measure.WAITING, standbys.waiting()));
    }
}
