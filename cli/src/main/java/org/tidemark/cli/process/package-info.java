// SPDX-License-Identifier: Apache-2.0
/**
 * This process: its version, its end, and the signal that has it read again. It sees no other package of this module.
 */
package org.tidemark.cli.process;
