// SPDX-License-Identifier: Apache-2.0
/** The output of commands: data on stdout as text or JSON, messages and progress on stderr. */
package org.tidemark.cli.output;
