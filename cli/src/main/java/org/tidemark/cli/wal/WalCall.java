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
    /** Set by the launcher if the process is not its child. */
    private static final String STAYS = "TIDEMARK_STAYS";

    private static final String SELF = "self";

    /** The only call of this process. */
    static WalCall ofProcess() {
        return new WalCall(Environment.ofProcess(), SELF);
    }

    /** Whether the launcher has started its process below another shell, which may go on with it. */
    boolean isBesideLauncher() {
        return environment.variables().containsKey(STAYS);
    }

    /** Whether its process may go on after it has answered. */
    boolean mayStay() {
        return "yes".equals(environment.variables().get(STAYS));
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
