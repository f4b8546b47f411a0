// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.wal;

import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;

/**
 * The shell that started this process. If it was killed, PostgreSQL has been told something else already and may have
 * asked for another file at the same target: then nothing more may be put there.
 */
final class Launcher {
    private Launcher() {}

    /**
     * Returns if the launcher still waits for this process, or there was none.
     *
     * @throws UserFacingException if it is gone
     */
    static void requireAlive() {
        String expected = System.getenv("TIDEMARK_PARENT");
        if (expected == null) {
            return;
        }
        boolean alive = ProcessHandle.current()
                .parent()
                .map(parent -> Long.toString(parent.pid()).equals(expected))
                .orElse(false);
        if (!alive) {
            throw new UserFacingException(
                    ExitCode.INTERRUPTED, "the process that asked for this file is gone", "Nothing was delivered.");
        }
    }
}
