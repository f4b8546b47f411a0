// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore;

import java.util.List;

/**
 * A backup, the path on from it, and the WAL that leads to the target. Immutable.
 *
 * @param wal what is read at least: a time may lie further on than this
 * @param furthest the segment, counted from 0/0, past which the target cannot lie
 * @param findings what is wrong with it, or worth knowing
 */
record Route(BackupCandidate backup, RecoveryPath path, WalNeed wal, long furthest, List<Finding> findings) {
    Route {
        findings = List.copyOf(findings);
    }

    boolean hasProblem() {
        return findings.stream().anyMatch(Finding::isProblem);
    }

    boolean hasWarning() {
        return findings.stream().anyMatch(each -> each.severity() == Finding.Severity.WARNING);
    }
}
