// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.wal;

import java.time.Duration;
import java.time.Instant;
import org.tidemark.config.Environment;

/**
 * One call of a WAL command. Immutable.
 *
 * @param environment that the launcher gave to it, with its working directory
 * @param process the one that the launcher waits for, as /proc names it
 */
public record WalCall(Environment environment, String process) {
    private static final String SELF = "self";

    /** The only call of this process. */
    static WalCall ofProcess() {
        return new WalCall(Environment.ofProcess(), SELF);
    }

    /** How long its process has run. */
    Duration age() {
        return handle().info()
                .startInstant()
                .map(start -> Duration.between(start, Instant.now()))
                .filter(Duration::isPositive)
                .orElse(Duration.ZERO);
    }

    private ProcessHandle handle() {
        return process.equals(SELF)
                ? ProcessHandle.current()
                : ProcessHandle.of(Long.parseLong(process)).orElseGet(ProcessHandle::current);
    }
}
