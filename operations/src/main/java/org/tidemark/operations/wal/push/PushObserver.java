// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.wal.push;

import java.time.Duration;
import org.tidemark.archiver.push.WalPusher.PushRequest;

/** Is told what becomes of the files that are pushed, by several threads. */
public interface PushObserver {
    void archived(PushRequest file, Duration took);

    /** Something that an operator may want to know. */
    void say(String message);

    /**
     * Something is wrong, but PostgreSQL may go on.
     *
     * @param hint empty if there is nothing to do
     */
    void warn(String message, String hint);
}
