// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store;

/**
 * What a store found out about its server while it was used, and an operator should know. Immutable.
 *
 * @param subject what it is about, in a word
 * @param message what was seen
 * @param hint what follows from it, and what to do
 */
public record StoreRemark(String subject, String message, String hint) {}
