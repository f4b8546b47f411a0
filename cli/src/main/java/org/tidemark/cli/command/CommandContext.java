// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command;

import java.io.PrintStream;
import java.time.Clock;
import org.tidemark.cli.config.Environment;

/**
 * What every command is given by the process. Immutable.
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
        boolean talkToTerminal) {}
