// Package portable keeps the business rows, in SQL that every database of
// Sibai understands: int64 money and instants, text enums, JSON as text. It
// implements site.Store and directory.Source.
//
// It writes through the one writer that the store gives it, in a transaction
// of that store; what money means stays with charging, whose account rows it
// opens in the same transaction as their customer, and whose receipts it reads.
package portable
