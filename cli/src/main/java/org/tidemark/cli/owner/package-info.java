// SPDX-License-Identifier: Apache-2.0
/**
 * Which user of the operating system a command runs as, so that root never leaves files that PostgreSQL cannot read.
 */
@org.jspecify.annotations.NullMarked
package org.tidemark.cli.owner;
