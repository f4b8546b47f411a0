// SPDX-License-Identifier: Apache-2.0
/**
 * Planning a restore, and doing it: which backup and which WAL lead to a recovery target, whether the target host has
 * room and rights for it, and then frames into files, {@code pg_control} last. What decides is pure; what reads or
 * writes has one verb. This package is what others call, and it sees all packages below it.
 */
package org.tidemark.restore;
