// SPDX-License-Identifier: Apache-2.0
/**
 * The program: its entry point, and the place where errors become messages and statuses. It sees all packages below it.
 */
package org.tidemark.cli;
