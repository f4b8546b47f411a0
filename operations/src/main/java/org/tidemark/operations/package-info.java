// SPDX-License-Identifier: Apache-2.0
/**
 * What an operator can ask for. Each operation is a call that returns a value and prints nothing, so that a command, a
 * scheduler or a service can use it.
 */
package org.tidemark.operations;
