// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command.restore;

import org.tidemark.core.Finding;
import org.tidemark.core.Finding.Severity;

/** A finding about a standby and its primary, in JSON. */
record StandbyFinding(Severity severity, String subject, String message, String hint) {
    static StandbyFinding of(Finding finding) {
        return new StandbyFinding(finding.severity(), finding.subject(), finding.message(), finding.hint());
    }
}
