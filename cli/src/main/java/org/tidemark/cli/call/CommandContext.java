// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.call;

import java.io.PrintStream;
import java.time.Clock;
import org.tidemark.cli.output.Paint;
import org.tidemark.config.Environment;

/**
 * The environment of every command. Immutable.
 *
 * @param data stdout
 * @param talk stderr
 * @param dataToTerminal whether people see stdout
 * @param talkToTerminal whether people see stderr
 */
public record CommandContext(
        Environment environment,
        Clock clock,
        PrintStream data,
        PrintStream talk,
        boolean dataToTerminal,
        boolean talkToTerminal) {
    /**
     * Colors on a terminal that shows them, unless NO_COLOR is set.
     *
     * @see <a href="https://no-color.org">NO_COLOR</a>
     */
    Paint paint(boolean toTerminal) {
        boolean shown = toTerminal
                && environment.variable("NO_COLOR").isEmpty()
                && !environment.variable("TERM").orElse("dumb").equals("dumb");
        return shown ? Paint.ANSI : Paint.NONE;
    }
}
