// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.verify;

import java.util.List;
import java.util.Optional;
import org.tidemark.catalog.layout.BackupId;

/**
 * What a verification found. Immutable.
 *
 * @param findings at most {@value #MAX_FINDINGS}, problems first
 * @param problems how many there are
 * @param notes how many there are
 * @param objectsRead objects whose bytes were compared with their digests
 * @param bytesRead stored bytes
 * @param sealed objects whose stored bytes alone were compared: they are encrypted, and there was no private key
 * @param sound the backups of which everything is there, and nothing that was read is damaged
 * @param unmarked why the findings could not be stored in the repository; empty if they were
 */
public record VerifyReport(
        List<ObjectFinding> findings,
        long problems,
        long notes,
        long objectsRead,
        long bytesRead,
        long sealed,
        List<BackupId> sound,
        Optional<String> unmarked) {
    public static final int MAX_FINDINGS = 1_000;

    public VerifyReport {
        findings = List.copyOf(findings);
        sound = List.copyOf(sound);
    }

    public boolean isSound() {
        return problems == 0;
    }
}
