// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore;

/**
 * What a restore did. Immutable.
 *
 * @param framesRead that were fetched from the store
 * @param framesKept whose data a restore that was cut off had put in place already
 * @param bytesWritten of data
 * @param bytesKept of data that was in place already
 */
public record RestoreResult(
        RestorePlan.Chosen plan, long framesRead, long framesKept, long bytesWritten, long bytesKept) {}
