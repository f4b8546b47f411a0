// SPDX-License-Identifier: Apache-2.0
/**
 * Runs each command as the right operating system user, so that root never leaves files that PostgreSQL cannot read.
 */
@org.jspecify.annotations.NullMarked
package org.tidemark.cli.owner;
