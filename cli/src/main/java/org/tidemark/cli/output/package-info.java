// SPDX-License-Identifier: Apache-2.0
/**
 * The output of commands: data on stdout as text or JSON, messages and progress on stderr. It sees no other package of
 * this module.
 */
package org.tidemark.cli.output;
