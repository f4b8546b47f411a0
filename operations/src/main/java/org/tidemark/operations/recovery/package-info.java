// SPDX-License-Identifier: Apache-2.0
/** Recover: reads targets, plans over all repositories, restores, and runs the restore_command once. */
package org.tidemark.operations.recovery;
