// SPDX-License-Identifier: Apache-2.0
package org.tidemark.service.cron;

import java.util.function.BiFunction;
import org.tidemark.operations.recovery.RestoreCommand;
import org.tidemark.operations.recovery.RestoreSource;
import org.tidemark.restore.plan.RestorePlan;

/**
 * The program that does what is scheduled. Immutable.
 *
 * @param version stored in backups
 * @param fetching the restore_command of what is restored, which calls this program
 */
public record CallingProgram(String version, BiFunction<RestoreSource, RestorePlan.Chosen, RestoreCommand> fetching) {}
