// SPDX-License-Identifier: Apache-2.0
/**
 * What tests share: rounds and seeds, the contract that every store keeps, stores that fail on purpose, and servers as
 * fixtures. Ordinary code, used in test scope alone.
 */
package org.tidemark.testkit;
