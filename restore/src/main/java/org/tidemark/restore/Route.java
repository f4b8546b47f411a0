// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore;

import java.util.List;

/**
 * A backup, the path on from it, and the WAL that leads to the target. Immutable.
 *
 * @param findings what is wrong with it, or worth knowing
 */
record Route(BackupCandidate backup, RecoveryPath path, WalNeed wal, List<Finding> findings) {
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
