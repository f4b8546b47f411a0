// SPDX-License-Identifier: Apache-2.0
/**
 * The whole story on a throwaway cluster: archive, back up, lose a table, restore to the moment before, compare. It
 * runs the real commands through the launcher, as an operator would.
 */
package org.tidemark.cli.demo;
