// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.wal;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Whose memory the kernel takes first: a process that stays must not have the protection of the postmaster. */
final class OwnMemory {
    private static final Path SCORE = Path.of("/proc/self/oom_score_adj");

    private OwnMemory() {}

    /** Gives up a protection that was inherited. */
    static void mayBeTaken() {
        try {
            if (Files.readString(SCORE, StandardCharsets.US_ASCII).startsWith("-")) {
                Files.writeString(SCORE, "0", StandardCharsets.US_ASCII);
            }
        } catch (IOException e) {
            // Not on this system.
        }
    }
}
