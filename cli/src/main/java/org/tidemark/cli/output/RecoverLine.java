// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.output;

import org.tidemark.core.CopyableCommand;
import org.tidemark.core.Lsn;
import org.tidemark.core.Timeline;

/** The {@code recover} that a command offers. */
public final class RecoverLine {
    private RecoverLine() {}

    /**
     * Up to right before a position. With its timeline: the same position of another one has other data.
     *
     * @param to the directory
     */
    public static CopyableCommand before(Lsn position, Timeline timeline, String to) {
        return CopyableCommand.of(
                "recover",
                "--to",
                to,
                "--target-lsn",
                position.toString(),
                "--exclusive",
                "--timeline",
                timeline.toString());
    }
}
