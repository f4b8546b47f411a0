// SPDX-License-Identifier: Apache-2.0
/**
 * What an operator asks for, composed of features: each is a call that returns a value and prints nothing, so that a
 * command, a scheduler or a service may make it.
 */
package org.tidemark.operations;
